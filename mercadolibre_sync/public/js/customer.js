// Our own methods that take a customer, as the scripts of this form call them.
function call_about_customer(frm, method) {
	return frappe.call({
		method: `mercadolibre_sync.${method}`,
		args: { customer: frm.doc.name },
		freeze: true,
	});
}

frappe.ui.form.on("Customer", {
	refresh(frm) {
		if (!frm.doc.mercadolibre_id || !frm.doc.mercadolibre_profile) return;
		// The product's own words: the one source string that is Spanish.
		frm.add_custom_button("Ver en MercadoLibre", () =>
			window.open(frm.doc.mercadolibre_profile, "_blank", "noopener")
		);
	},
});
