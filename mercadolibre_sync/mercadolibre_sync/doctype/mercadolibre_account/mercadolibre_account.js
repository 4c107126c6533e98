frappe.ui.form.on("MercadoLibre Account", {
	refresh(frm) {
		if (frm.is_new()) return;
		const connected = frm.doc.enabled && frm.doc.status === "Connected";
		frm.page.set_indicator(frm.doc.site, connected ? "green" : "orange");
	},
});
