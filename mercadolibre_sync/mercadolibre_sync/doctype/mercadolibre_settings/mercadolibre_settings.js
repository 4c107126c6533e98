frappe.ui.form.on("MercadoLibre Settings", {
	refresh(frm) {
		for (const fieldname of ["notification_url", "redirect_url"]) {
			const url = frm.doc[fieldname];
			frm.add_custom_button(
				__("Copy {0}", [__(frm.get_field(fieldname).df.label)]),
				() => frappe.utils.copy_to_clipboard(url)
			);
		}
	},
});
