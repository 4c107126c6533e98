frappe.ui.form.on("MercadoLibre Settings", {
	refresh(frm) {
		for (const { df } of [frm.get_field("notification_url"), frm.get_field("redirect_url")]) {
			frm.add_custom_button(__("Copy {0}", [__(df.label, null, frm.doctype)]), () =>
				frappe.utils.copy_to_clipboard(frm.doc[df.fieldname])
			);
		}
	},
});
