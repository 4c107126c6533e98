frappe.ui.form.on("MercadoLibre Account", {
	refresh(frm) {
		if (frm.is_new() || frm.doc.status === "Connected") return;
		const banner =
			frm.doc.status === "Reconnect needed"
				? __("MercadoLibre no longer accepts this account. It has to be authorised again.")
				: __("The account still has to be authorised.");
		frm.set_intro(banner, "orange");
	},
});
