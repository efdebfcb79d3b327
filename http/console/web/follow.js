import htmx from "htmx/htmx.esm.js";

const said = JSON.parse(document.getElementById("messages")?.textContent ?? "{}");

// announce has screen readers say something.
export function announce(text) {
	const place = document.getElementById("announce");
	if (place) place.textContent = text;
}

// followJobs moves the bars of jobs that run, and renews the part of the page that waits for the end.
export function followJobs(root) {
	for (const bar of root.querySelectorAll("[data-job]")) {
		if (bar.dataset.followed) continue;
		bar.dataset.followed = "yes";
		const stream = new EventSource(bar.dataset.job);
		const move = (e) => {
			if (!bar.isConnected) {
				stream.close();
				return;
			}
			bar.innerHTML = e.data;
		};
		stream.addEventListener("progress", move);
		stream.addEventListener("ended", (e) => {
			stream.close();
			move(e);
			announce(said["said.done"]);
			if (bar.dataset.then) htmx.ajax("GET", bar.dataset.then, { target: bar.dataset.target, select: bar.dataset.select, swap: "outerHTML" });
		});
	}
}

// rowsKept is how many rows a table that is followed has at most.
const rowsKept = 500;

// followEvents puts rows on top of a table as they come. The browser comes again by itself when the
// connection is lost, and says which event it had last.
export function followEvents(root) {
	for (const body of root.querySelectorAll("[data-follow]")) {
		const status = document.querySelector("#following [data-said]");
		const following = status?.textContent;
		const stream = new EventSource(body.dataset.follow);
		let fresh = 0;
		stream.addEventListener("open", () => {
			if (status) status.textContent = following;
			body.dataset.following = "yes";
		});
		stream.addEventListener("row", (e) => {
			const parsed = document.createElement("template");
			parsed.innerHTML = e.data;
			const row = parsed.content.firstElementChild;
			if (!row || document.getElementById(row.id)) return;
			row.classList.add("fresh");
			body.prepend(row);
			while (body.rows.length > rowsKept) body.lastElementChild.remove();
			if (fresh++ === 0) setTimeout(() => {
				announce(`${said["said.new"]}: ${fresh}`);
				fresh = 0;
			}, 1000);
		});
		stream.addEventListener("error", () => {
			if (status) status.textContent = said["said.lost"];
		});
		addEventListener("pagehide", () => stream.close());
	}
}
