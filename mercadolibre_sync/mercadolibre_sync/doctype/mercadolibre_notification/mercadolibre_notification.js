frappe.ui.form.on("MercadoLibre Notification", {
	refresh(frm) {
		frm.disable_save();
		const buyer = frm.doc.__onload?.buyer;
		frm.page.set_title([buyer, mercadolibre_sync.number(frm.doc)].filter(Boolean).join(" · "));
		const can_retry = ["Failed", "Waiting for retry"].includes(frm.doc.status);
		if (!can_retry || !frm.has_perm("write")) return;
		frm.add_custom_button(__("Retry"), async () => {
			await frm.call("retry");
			frappe.show_alert({ message: __("Queued again."), indicator: "green" });
			frm.reload_doc();
		});
	},
});
