frappe.ui.form.on("Customer", {
	refresh(frm) {
		if (!frm.is_new()) frappe.contacts.render_address_and_contact(frm);
	},
});
