// Frappe ticks a step off when its page is opened, and shows a workspace again as it was when it was opened first.
// Here a step is ticked off when what it asks for is there, and whoever comes back sees how far the site is now.
(() => {
	const GUIDE = "MercadoLibre";
	const workspace = frappe.views.Workspace.prototype;
	const widget = frappe.widget.widget_factory.onboarding.prototype;
	const { get_data, prepare_editorjs } = workspace;
	const { go_to_page } = widget;

	workspace.get_data = async function (page) {
		if (page.name === GUIDE && frappe.user.has_role(["MercadoLibre Manager", "System Manager"]))
			// Frappe says what went wrong; the workspace is there all the same.
			await frappe.xcall("mercadolibre_sync.guided_start.look").catch(() => {});
		return get_data.call(this, page);
	};

	frappe.router.on("change", () => {
		const [view, name] = frappe.get_route();
		if (!frappe.workspace || (view === "Workspaces" && name === GUIDE)) return;
		delete frappe.workspace.pages[GUIDE];
		// Frappe 16 does not show again what it showed last.
		if (frappe.workspace._page?.name === GUIDE) frappe.workspace._page = null;
	});

	workspace.prepare_editorjs = function () {
		// Frappe 16 keeps the guide of the workspace that was opened first, and so shows none of the others.
		this.editor?.isReady.then(() => {
			this.editor.configuration.tools.onboarding.config.page_data = this.page_data;
		});
		return prepare_editorjs.call(this);
	};

	widget.go_to_page = function (step) {
		if (this.label === __(GUIDE)) return frappe.set_route(step.path);
		return go_to_page.call(this, step);
	};
})();
