// Bundles the desk of Frappe's fork, as `bench build` does Frappe's: node bundle.js <site-packages>
// Writes dist/ and, last, assets.json beside itself.

import esbuild from "esbuild";
import vue from "esbuild-plugin-vue3";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as sass from "sass";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const NODE_MODULES = path.join(HERE, "node_modules");
const SITE_PACKAGES = path.resolve(process.argv[2]);
const PUBLIC = path.join(SITE_PACKAGES, "frappe", "public");
const URL_OF_ASSETS = "/assets/frappe";

// Every page that needs one asks frappe.templates for it.
const templates = {
	name: "templates",
	setup(build) {
		build.onLoad({ filter: /\.html$/ }, async ({ path: file }) => {
			const html = (await fs.promises.readFile(file, "utf-8")).replace(/`/g, "\\`");
			return { contents: `frappe.templates["${path.parse(file).name}"] = \`${html}\`;` };
		});
	},
};

const stylesheets = {
	name: "stylesheets",
	setup(build) {
		build.onLoad({ filter: /\.scss$/ }, ({ path: file }) => {
			const { css } = sass.compile(file, {
				loadPaths: [SITE_PACKAGES],
				importers: [{ findFileUrl: in_node_modules }],
				quietDeps: true,
				logger: sass.Logger.silent,
			});
			return { contents: css, loader: "css", resolveDir: path.dirname(file) };
		});
		// Addresses of this site, not files.
		build.onResolve({ filter: /^\/assets\// }, ({ path }) => ({ path, external: true }));
	},
};

function in_node_modules(url) {
	return url.startsWith("~") ? pathToFileURL(path.join(NODE_MODULES, url.slice(1))) : null;
}

function bundles() {
	return fs
		.readdirSync(PUBLIC, { recursive: true })
		.filter((file) => /\.bundle\.(js|scss)$/.test(file) && !file.startsWith("node_modules"))
		.map((file) => path.join(PUBLIC, file));
}

// Nobody links to the styles of a script's components: the script brings them along.
function with_styles(output, outputs) {
	if (!output.cssBundle) return;
	const styles = JSON.stringify(fs.readFileSync(output.cssBundle, "utf-8"));
	const script = Object.keys(outputs).find((file) => outputs[file] === output);
	fs.writeFileSync(script, `frappe.dom.set_style(${styles});\n${fs.readFileSync(script, "utf-8")}`);
}

const { metafile } = await esbuild.build({
	entryPoints: bundles(),
	outdir: path.join(HERE, "dist"),
	entryNames: "[name].[hash]",
	bundle: true,
	metafile: true,
	minify: true,
	target: "es2020",
	nodePaths: [NODE_MODULES, SITE_PACKAGES],
	loader: { ".woff": "file", ".woff2": "file", ".ttf": "file" },
	publicPath: `${URL_OF_ASSETS}/dist`,
	define: {
		"process.env.NODE_ENV": '"production"',
		__VUE_OPTIONS_API__: "true",
		__VUE_PROD_DEVTOOLS__: "false",
		__VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
	},
	plugins: [templates, stylesheets, vue()],
	logLevel: "warning",
});

const assets = {};
for (const [file, output] of Object.entries(metafile.outputs)) {
	if (!output.entryPoint) continue;
	with_styles(output, metafile.outputs);
	const name = path.basename(output.entryPoint).replace(/\.scss$/, ".css");
	assets[name] = `${URL_OF_ASSETS}/dist/${path.basename(file)}`;
}
fs.writeFileSync(path.join(HERE, "assets.json"), JSON.stringify(assets, null, 1));
