import htmx from "htmx/htmx.esm.js";
import { drawCharts } from "./chart.js";
import { exportFrom } from "./export.js";
import { followEvents, followJobs } from "./follow.js";
import { slide } from "./slider.js";

window.htmx = htmx;

// begin does what the page needs that has not been done yet: parts of it come later.
function begin() {
	drawCharts(document);
	followJobs(document);
	followEvents(document);
	slide(document);
}

document.addEventListener("click", (e) => {
	const button = e.target.closest("[data-export]");
	if (button) exportFrom(button.closest("[data-chart]"), button.dataset.export);
});

// The arrows lead through a session.
document.addEventListener("keydown", (e) => {
	if (e.altKey || e.ctrlKey || e.metaKey || e.target.closest("input, select, textarea")) return;
	const link = document.querySelector(`a[aria-keyshortcuts="${e.key}"]`);
	if (link) link.click();
});

begin();
document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }); // on a phone the menu is longer than wide
const step = document.querySelector(".steps-list [aria-current]"); // a session is longer than its list is high
if (step) step.closest("ol").scrollTop = step.offsetTop - step.closest("ol").clientHeight / 2;
document.body.addEventListener("htmx:afterSettle", begin);
