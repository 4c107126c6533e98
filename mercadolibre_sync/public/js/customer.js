frappe.ui.form.on("Customer", {
	refresh(frm) {
		if (!frm.doc.mercadolibre_id || !frm.doc.mercadolibre_profile) return;
		// The product's own words: the one source string that is Spanish.
		frm.add_custom_button("Ver en MercadoLibre", () =>
			window.open(frm.doc.mercadolibre_profile, "_blank", "noopener")
		);
	},
});
