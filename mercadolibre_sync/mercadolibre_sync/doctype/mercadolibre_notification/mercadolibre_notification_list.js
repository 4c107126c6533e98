frappe.listview_settings["MercadoLibre Notification"] = {
	add_fields: ["status"],
	hide_name_column: true,
	get_indicator(doc) {
		const colors = {
			Queued: "blue",
			Processing: "light-blue",
			Done: "green",
			Ignored: "gray",
			"Waiting for retry": "orange",
			Failed: "red",
		};
		return [__(doc.status), colors[doc.status], `status,=,${doc.status}`];
	},
};
