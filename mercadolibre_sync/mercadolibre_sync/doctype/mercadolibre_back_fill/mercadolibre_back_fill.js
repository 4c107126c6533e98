frappe.ui.form.on("MercadoLibre Back-fill", {
	setup(frm) {
		frappe.realtime.on("mercadolibre_backfill", ({ name, progress, found, queued }) => {
			if (name !== frm.doc.name) return;
			frm.dashboard.show_progress(
				__("Looking for orders"),
				progress,
				__("{0} found, {1} queued", [found, queued])
			);
		});
	},

	onload(frm) {
		if (!frm.is_new()) return;
		frm.set_query("account", () => ({ filters: { enabled: 1, status: "Connected" } }));
	},

	refresh(frm) {
		if (frm.is_new()) return;
		frm.disable_save();
		const act = (label, method) =>
			frm.add_custom_button(label, async () => {
				await frm.call(method);
				frm.reload_doc();
			});
		if (frm.doc.status === "Running") act(__("Stop"), "stop");
		if (["Stopped", "Failed"].includes(frm.doc.status)) act(__("Resume"), "resume");
		const message = frappe.format(frm.doc.message, frm.get_docfield("message"), {}, frm.doc);
		if (message) frm.set_intro(message, "orange");
	},
});
