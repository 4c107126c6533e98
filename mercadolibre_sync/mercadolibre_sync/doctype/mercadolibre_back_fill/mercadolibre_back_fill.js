frappe.ui.form.on("MercadoLibre Back-fill", {
	setup(frm) {
		frappe.realtime.on("mercadolibre_backfill", (state) => {
			if (state.name === frm.doc.name) show_progress(frm, state);
		});
	},

	onload(frm) {
		if (!frm.is_new()) return;
		frm.set_query("account", () => ({ filters: { enabled: 1, status: "Connected" } }));
	},

	refresh(frm) {
		if (frm.is_new()) return;
		frm.disable_save();
		frm.pace = null;
		if (frm.doc.status === "Running") show_progress(frm, frm.doc);
		if (frm.has_perm("write")) add_buttons(frm);
		const message = frappe.format(frm.doc.message, frm.get_docfield("message"), {}, frm.doc);
		if (message) frm.set_intro(message, "orange");
	},
});

function add_buttons(frm) {
	const act = (label, method) =>
		frm.add_custom_button(label, async () => {
			await frm.call(method);
			frm.reload_doc();
		});
	if (frm.doc.status === "Running") act(__("Stop"), "stop");
	if (["Stopped", "Failed"].includes(frm.doc.status)) act(__("Resume"), "resume");
}

function show_progress(frm, { progress, found, queued, skipped }) {
	const counts = __("{0} found, {1} taken in, {2} skipped", [found, queued, skipped]);
	const left = time_left(frm, progress);
	frm.dashboard.show_progress(
		__("Looking for orders"),
		progress,
		left ? `${counts}. ${__("About {0} left", [left])}` : counts
	);
}

// By what was read since the form was opened: before that it may have stood still for days.
function time_left(frm, progress) {
	frm.pace ??= { since: Date.now(), progress };
	const read = progress - frm.pace.progress;
	if (read <= 0 || progress >= 100) return "";
	const seconds = ((Date.now() - frm.pace.since) / 1000) * ((100 - progress) / read);
	return frappe.utils.get_formatted_duration(Math.ceil(seconds));
}
