frappe.ui.form.on("MercadoLibre Back-fill", {
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
		if (frm.doc.message) frm.set_intro(frm.doc.message, "orange");
	},
});
