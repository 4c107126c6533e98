// The page works without this: it only saves a press of "Elegir" and of the browser's reload.
const NOTICES_SECONDS = 2;

document.querySelector("#choose select").addEventListener("change", (event) => event.target.form.submit());

const documentType = document.querySelector("#new-buyer [name=document_type]");
if (documentType) {
	const show = () => {
		for (const label of document.querySelectorAll("[data-document]")) {
			label.hidden = label.dataset.document !== documentType.value;
		}
	};
	documentType.addEventListener("change", show);
	show();
}

setInterval(async () => {
	const answer = await fetch("/feria/notices");
	if (answer.ok) document.querySelector("#notices").innerHTML = await answer.text();
}, NOTICES_SECONDS * 1000);
