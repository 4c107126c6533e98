frappe.ui.form.on("MercadoLibre Account", {
	refresh(frm) {
		if (frm.is_new()) return;
		welcome(frm);
		show_what_is_wrong(frm);
		show_how_it_goes(frm);
		if (frm.perm[0].write) add_buttons(frm);
	},
});

function welcome(frm) {
	// Where the callback ends. The address is cleared, so that reloading the page does not greet again.
	if (!new URLSearchParams(window.location.search).has("authorised")) return;
	window.history.replaceState(null, "", window.location.pathname);
	frappe.show_alert({
		message: __("Connected to MercadoLibre as {0}.", [frm.doc.nickname || frm.doc.user_id]),
		indicator: "green",
	});
}

function show_what_is_wrong(frm) {
	const { moved } = frm.doc.__onload || {};
	if (moved) return frm.set_intro(frappe.utils.escape_html(moved), "orange");
	if (frm.doc.status === "Connected") {
		if (!frm.doc.silent_since) return;
		frm.set_intro(
			__(
				"MercadoLibre no longer notifies this account. Subscribe the topics orders_v2 and shipments again in the application, then press Synchronise."
			),
			"orange"
		);
		return;
	}
	const banner =
		frm.doc.status === "Reconnect needed"
			? __("MercadoLibre no longer accepts this account. It has to be authorised again.")
			: __("The account still has to be authorised.");
	const hint = __(
		"Before you press Authorise, log out of MercadoLibre, or log in there as the account's administrator."
	);
	frm.set_intro(`${banner} ${hint}`, "orange");
}

function show_how_it_goes(frm) {
	const { synchronised, waiting, failed } = frm.doc.__onload || {};
	// Once more at every refresh, which a desk may do twice.
	frm.dashboard.stats_area_row.empty();
	const ago = (moment) => (moment ? frappe.datetime.prettyDate(moment) : __("never"));
	const add = (text, color) => frm.dashboard.add_indicator(text, color);
	add(
		__("Last notification: {0}", [ago(frm.doc.last_notification)]),
		frm.doc.last_notification && !frm.doc.silent_since ? "green" : "orange"
	);
	add(__("Last synchronisation: {0}", [ago(synchronised)]), synchronised ? "green" : "gray");
	add(__("{0} waiting", [waiting || 0]), waiting ? "orange" : "green");
	if (failed) add(__("{0} to resolve", [failed]), "red");
}

function add_buttons(frm) {
	const is_connected = frm.doc.status === "Connected";
	const others = is_connected ? __("Connection") : null;
	if (is_connected) {
		frm.add_custom_button(__("Synchronise"), () => ask_from_when(frm));
		frm.change_custom_button_type(__("Synchronise"), null, "primary");
		frm.add_custom_button(__("Synchronise One Order"), () => ask_which_order(frm));
		frm.add_custom_button(__("Test Connection"), () => test_connection(frm), others);
	}
	frm.add_custom_button(
		__("Authorise"),
		async () => {
			const { message: url } = await frm.call("authorise");
			window.location.assign(url);
		},
		others
	);
	if (is_connected) frm.add_custom_button(__("Disconnect"), () => disconnect(frm), others);
	else frm.change_custom_button_type(__("Authorise"), null, "primary");
}

function ask_from_when(frm) {
	// MercadoLibre keeps orders for twelve months.
	const oldest = frappe.datetime.add_days(frappe.datetime.add_months(frappe.datetime.now_datetime(), -12), 1);
	const created = frm.doc.creation;
	frappe.prompt(
		{
			fieldname: "updated_from",
			fieldtype: "Datetime",
			label: __("From", null, "MercadoLibre Back-fill"),
			reqd: 1,
			default: created > oldest ? created : oldest,
			description: __(
				"Orders that changed since then are looked for. MercadoLibre keeps them for 12 months."
			),
		},
		async ({ updated_from }) => {
			const { message: name } = await frm.call("synchronise", { updated_from });
			frappe.set_route("Form", "MercadoLibre Back-fill", name);
		},
		__("Synchronise"),
		__("Synchronise")
	);
}

function ask_which_order(frm) {
	frappe.prompt(
		{
			fieldname: "order_id",
			fieldtype: "Data",
			label: __("Order Number"),
			reqd: 1,
			description: __("The order's number at MercadoLibre, digits only."),
		},
		async ({ order_id }) => {
			const { message: name } = await frm.call("synchronise_order", { order_id });
			frappe.set_route("Form", "MercadoLibre Notification", name);
		},
		__("Synchronise One Order"),
		__("Synchronise")
	);
}

async function test_connection(frm) {
	const { message: results } = await frm.call({
		method: "test_connection",
		doc: frm.doc,
		freeze: true,
	});
	const colors = { true: "green", false: "red", null: "gray" };
	const lines = results.map(
		({ subject, works, message }) =>
			`<p><span class="indicator ${colors[works]}"></span> <b>${frappe.utils.escape_html(
				subject
			)}</b>: ${frappe.utils.escape_html(message)}</p>`
	);
	frappe.msgprint({ title: __("Test Connection"), message: lines.join("") });
	frm.reload_doc();
}

function disconnect(frm) {
	frappe.confirm(
		__(
			"MercadoLibre will no longer let this site read the account's orders. What it notifies meanwhile waits until the account is authorised again."
		),
		async () => {
			const { message } = await frm.call("disconnect");
			frappe.msgprint(message);
			frm.reload_doc();
		}
	);
}
