frappe.provide("mercadolibre_sync");

// The number as MercadoLibre shows it to the seller.
mercadolibre_sync.number = ({ order_id, resource }) => {
	const [, kind, id] = /^\/(order|shipment)s\/(\d+)$/.exec(resource) || [];
	const shipment = kind === "shipment" && !order_id;
	return shipment ? __("Shipment {0}", [id]) : order_id || id || resource;
};

{
	const RETRIABLE = ["Failed", "Waiting for retry"];
	const COLORS = {
		Queued: "blue",
		Processing: "light-blue",
		Done: "green",
		Ignored: "gray",
		"Waiting for retry": "orange",
		Failed: "red",
	};
	// The reason is what people read: it gets the most room, and as many lines as it needs.
	const cells = (field) => `
		.mercadolibre-inbox .level-left .list-row-col:has([data-sort-by="${field}"]),
		.mercadolibre-inbox .level-left .list-row-col:has([data-filter^="${field},"])`;
	const STYLE = `
		.mercadolibre-inbox .list-row:not(.list-row-head) { height: auto; }
		/* Frappe 16 makes each column as wide as its widest value, and lets them slide under the right end of the row. */
		.mercadolibre-inbox .list-row-container { width: 100% !important; }
		.mercadolibre-inbox .list-row .level-left { min-width: 0; }
		.mercadolibre-inbox .level-left .list-row-col { flex: 1 1 0 !important; min-width: 6em !important; }
		/* The buyer's name, or a number of 16 digits: these are not cut off. */
		.mercadolibre-inbox .level-left .list-row-col.list-subject { flex: 1.8 1 0 !important; min-width: 14em !important; }
		.mercadolibre-inbox .list-row-col:not(.list-subject) :is(span, a),
		.mercadolibre-inbox .list-row-col:not(.list-subject) { white-space: normal; overflow-wrap: anywhere; }
		${cells("reason")} { flex: 2.5 1 0 !important; }
		${cells("order_id")} { flex: 1.6 1 0 !important; min-width: 10.5em !important; }`;
	const QUICK_LIST_STYLE = `
		[data-route="Workspaces/MercadoLibre"] .quick-list-item :is(.left, .title) { white-space: normal; }`;

	frappe.listview_settings["MercadoLibre Notification"] = {
		add_fields: ["status", "resource", "reason", "order_id"],
		hide_name_column: true,
		// What needs somebody.
		filters: [["status", "=", "Failed"]],

		onload(listview) {
			frappe.dom.set_style(STYLE, "mercadolibre-inbox-style");
			listview.$result.addClass("mercadolibre-inbox");
			show_every_column(listview);
			show_names_of_buyers(listview);
			if (!frappe.perm.has_perm(listview.doctype, 0, "write")) return;
			listview.page.add_actions_menu_item(__("Retry"), () => retry(listview));
		},

		get_indicator(doc) {
			if (is_of_quick_list(doc)) put_reason_into_title(doc);
			return [__(doc.status), COLORS[doc.status], `status,=,${doc.status}`];
		},

		formatters: {
			// The title is the buyer's name, once there is a customer.
			customer: (name, _df, doc) => name || mercadolibre_sync.number(doc),
			order_id: (value, _df, doc) => `<span data-filter="order_id,=,${frappe.utils.escape_html(value)}">
				${frappe.utils.escape_html(mercadolibre_sync.number(doc))}
			</span>`,
		},
	};

	// The workspace's list knows no formatters: it asks for the indicator and then shows the title as it is in the row.
	const is_of_quick_list = (doc) => !("owner" in doc);
	const put_reason_into_title = (doc) => {
		frappe.dom.set_style(QUICK_LIST_STYLE, "mercadolibre-quick-list-style");
		const reason = mercadolibre_sync.translated(doc.reason || "");
		doc.customer = [mercadolibre_sync.number(doc), reason].filter(Boolean).join(": ");
	};

	// Frappe 15 shows a single column beside the state on a laptop's screen.
	const show_every_column = (listview) => {
		listview.list_view_settings.total_fields ||= 6;
		listview.setup_columns();
		listview.render_header(true);
	};

	// As Frappe does by itself where a site shows customers by their titles.
	const show_names_of_buyers = (listview) => {
		if (frappe.model.can_read("Customer")) listview.link_field_title_fields.customer = "customer_name";
	};

	const retry = async (listview) => {
		const names = listview
			.get_checked_items()
			.filter(({ status }) => RETRIABLE.includes(status))
			.map(({ name }) => name);
		const { message: queued } = await frappe.call({
			method: "mercadolibre_sync.mercadolibre_sync.doctype.mercadolibre_notification.mercadolibre_notification.retry",
			args: { names },
			freeze: true,
		});
		frappe.show_alert({ message: __("{0} queued again.", [queued]), indicator: queued ? "green" : "orange" });
		listview.clear_checked_items();
		// Frappe does not ask the same twice within 3 s; the answer has changed.
		listview.last_args = null;
		listview.refresh();
	};
}
