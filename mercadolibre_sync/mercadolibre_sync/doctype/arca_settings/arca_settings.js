const ARCA_SETTINGS = "mercadolibre_sync.mercadolibre_sync.doctype.arca_settings.arca_settings";

frappe.ui.form.on("ARCA Settings", {
	refresh(frm) {
		// A private key is no password: measuring its strength would send it to the server on each stroke.
		frm.get_field("private_key").disable_password_checks();
		show_warnings(frm);
		frm.add_custom_button(__("Create Key and Request"), () => create_request(frm));
		if (frm.doc.csr) {
			frm.add_custom_button(__("Download Request"), () => download_request(frm.doc.csr));
		}
		frm.add_custom_button(__("Test Connection"), () => test_connection(frm));
	},
});

function show_warnings(frm) {
	const { obstacle, expiry } = frm.doc.__onload || {};
	const warning = obstacle || expiry;
	frm.set_intro(warning ? frappe.utils.escape_html(warning) : "", "orange");
}

async function create_request(frm) {
	await save_changes(frm);
	const create = async () => {
		const { message: request } = await frappe.call(`${ARCA_SETTINGS}.create_key_and_request`);
		download_request(request);
		frm.reload_doc();
	};
	if (!frm.doc.csr) return create();
	frappe.confirm(
		__(
			"A request waits for its certificate. A certificate that ARCA makes of it will be of no use any more. Create another one?"
		),
		create
	);
}

function download_request(request) {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([request], { type: "application/pkcs10" }));
	link.download = "arca.csr";
	link.click();
	URL.revokeObjectURL(link.href);
}

async function test_connection(frm) {
	await save_changes(frm);
	const { message: steps } = await frappe.call({
		method: `${ARCA_SETTINGS}.test_connection`,
		freeze: true,
		freeze_message: __("Asking ARCA..."),
	});
	const colors = { works: "green", fails: "red", "not tried": "gray" };
	const lines = steps.map(
		(step) =>
			`<p><span class="indicator ${colors[step.state]}">${frappe.utils.escape_html(step.label)}</span>
			<br><span class="text-muted">${frappe.utils.escape_html(step.message)}</span></p>`
	);
	frappe.msgprint({ title: __("Test Connection"), message: lines.join("") });
	frm.reload_doc();
}

async function save_changes(frm) {
	if (frm.is_dirty()) await frm.save();
}
