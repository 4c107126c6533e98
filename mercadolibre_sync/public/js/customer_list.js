// "Traer datos fiscales" for a selection of the list. Frappe runs this each time it shows a list of customers; the
// settings are new each time only where another app's script makes them.
{
	const settings = (frappe.listview_settings["Customer"] ??= {});

	const ask_for = async (list) => {
		const { message } = await frappe.call({
			method: "mercadolibre_sync.fiscal_api.ask_for",
			args: { customers: list.get_checked_items(true) },
			freeze: true,
		});
		list.clear_checked_items();
		frappe.show_alert(
			__("ARCA is asked for {0} customers. Without a CUIT: {1}.", [
				message.asked,
				message.without_cuit,
			]),
			10
		);
	};

	if (!settings.asks_the_registry) {
		const { onload } = settings;
		settings.asks_the_registry = true;
		settings.onload = (list) => {
			onload?.call(settings, list);
			if (!frappe.model.can_write("Customer")) return;
			// The product's own words, a source string that is Spanish.
			list.page.add_actions_menu_item("Traer datos fiscales", () => ask_for(list), false);
		};
	}
}
