app_name = "mercadolibre_sync"
app_title = "MercadoLibre Sync"
app_publisher = "MercadoLibre Sync contributors"
app_description = "Every MercadoLibre buyer becomes the right Customer in ERPNext"
app_email = "maintainers@mercadolibre-sync.example"
app_license = "MIT"

required_apps = ["frappe/erpnext"]

export_python_type_annotations = True
require_type_annotated_api_methods = True

before_install = "mercadolibre_sync.install.before_install"
after_install = "mercadolibre_sync.install.after_install"
after_migrate = "mercadolibre_sync.install.after_migrate"
before_uninstall = "mercadolibre_sync.uninstall.before_uninstall"
after_uninstall = "mercadolibre_sync.uninstall.after_uninstall"

app_include_js = "/assets/mercadolibre_sync/js/guided_start.js"

doctype_js = {
	"Customer": [
		"public/js/customer.js",
		"public/js/customer_fiscal.js",
		"public/js/customer_orders.js",
		"public/js/customer_duplicates.js",
		"public/js/customer_erasure.js",
	]
}

override_doctype_dashboards = {"Customer": "mercadolibre_sync.customer_desk.connections"}

doctype_list_js = {
	"Customer": ["public/js/words.js", "public/js/customer_list.js"],
	**dict.fromkeys(
		("MercadoLibre Account", "MercadoLibre Back-fill", "MercadoLibre Notification"), "public/js/words.js"
	),
}

website_route_rules = [
	{"from_route": "/mercadolibre-docs/<page>", "to_route": "mercadolibre-docs"},
	{"from_route": "/mercadolibre-docs/<language>/<page>", "to_route": "mercadolibre-docs"},
]

extend_bootinfo = "mercadolibre_sync.boot.translate_sidebar"

doc_events = {
	"Customer": {
		"validate": [
			"mercadolibre_sync.sync.fiscal.customer.validate",
			"mercadolibre_sync.sync.duplicates.note",
		],
		"after_rename": "mercadolibre_sync.customer_events.after_rename",
		"on_trash": "mercadolibre_sync.customer_events.on_trash",
	}
}

scheduler_events = {
	"cron": {
		# The sweep is the inbox's guarantee: whatever Redis or a worker lost is found within a minute.
		"* * * * *": [
			"mercadolibre_sync.account.moved.look",
			"mercadolibre_sync.inbox.sweep.sweep",
			"mercadolibre_sync.backfill.run.resume_interrupted",
		],
		"*/5 * * * *": ["mercadolibre_sync.sync.fiscal.pending.ask_again"],
		# While hardly anybody buys.
		"15 4 * * *": ["mercadolibre_sync.backfill.nightly.start"],
		"*/5 1-4 * * *": ["mercadolibre_sync.sync.fiscal.renewal.ask_again"],
		"0 8 * * *": ["mercadolibre_sync.sync.fiscal.renewal.tell_of_changes"],
	},
	"hourly_long": [
		"mercadolibre_sync.inbox.missed_feeds.fetch",
		"mercadolibre_sync.account.silence.watch",
	],
	"daily": [
		"mercadolibre_sync.account.allowance.refresh",
		"mercadolibre_sync.inbox.digest.send",
		"mercadolibre_sync.sync.fiscal.notices.warn_of_expiry",
	],
}

# Days after which Frappe's Log Settings delete what is finished, until somebody sets another number there.
default_log_clearing_doctypes = {"MercadoLibre Notification": 30, "MercadoLibre Back-fill": 90}

# Personal data requests find people by email, so only buyers whose email somebody has added. The buyer's number
# stays: by it the next order finds this customer instead of making another one.
user_data_fields = [
	{
		"doctype": "Customer",
		"filter_by": "email_id",
		"redact_fields": ["mercadolibre_nickname", "mercadolibre_profile", "arca_document_type"],
	},
]
