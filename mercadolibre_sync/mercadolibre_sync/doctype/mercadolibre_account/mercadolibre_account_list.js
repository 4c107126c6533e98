frappe.listview_settings["MercadoLibre Account"] = {
	add_fields: ["enabled", "status", "site"],
	// The form's pill comes from here too.
	get_indicator(doc) {
		if (!doc.enabled)
			return [__("Disabled", null, "MercadoLibre Account"), "gray", "enabled,=,0"];
		const color = doc.status === "Connected" ? "green" : "orange";
		return [doc.site, color, `site,=,${doc.site}`];
	},
};
