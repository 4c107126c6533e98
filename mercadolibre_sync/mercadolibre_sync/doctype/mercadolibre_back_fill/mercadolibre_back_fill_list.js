frappe.listview_settings["MercadoLibre Back-fill"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colors = { Running: "blue", Stopped: "orange", Completed: "green", Failed: "red" };
		return [__(doc.status), colors[doc.status], `status,=,${doc.status}`];
	},
};
