import htmx from "htmx/htmx.esm.js";
import { drawCharts } from "./chart.js";
import { exportFrom } from "./export.js";

window.htmx = htmx;

// What a part of a page needs once it is there.
function begin(root) {
	drawCharts(root);
}

document.addEventListener("click", (e) => {
	const button = e.target.closest("[data-export]");
	if (button) exportFrom(button.closest("[data-chart]"), button.dataset.export);
});

begin(document);
document.body.addEventListener("htmx:afterSettle", (e) => begin(e.target));
