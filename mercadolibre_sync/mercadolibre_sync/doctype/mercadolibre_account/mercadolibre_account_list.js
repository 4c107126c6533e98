frappe.listview_settings["MercadoLibre Account"] = {
	add_fields: ["enabled", "status"],
	// The form's pill and the workspace's come from here too.
	get_indicator(doc) {
		if (!doc.enabled)
			return [__("Disabled", null, "MercadoLibre Account"), "gray", "enabled,=,0"];
		const color = doc.status === "Connected" ? "green" : "orange";
		return [__(doc.status), color, `status,=,${doc.status}`];
	},
};
