frappe.listview_settings["MercadoLibre Account"] = {
	add_fields: ["enabled", "status", "site"],
	get_indicator(doc) {
		if (!doc.enabled) return [__("Disabled"), "gray", "enabled,=,0"];
		const color = doc.status === "Connected" ? "green" : "orange";
		return [doc.site, color, `status,=,${doc.status}`];
	},
};
