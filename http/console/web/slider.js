// slide has the slider over the log say which moment a position is.
export function slide(root) {
	const slider = root.querySelector("#as-of");
	if (!slider || slider.dataset.ready) return;
	slider.dataset.ready = "yes";
	const said = root.querySelector("#as-of-said");
	const moments = JSON.parse(root.querySelector("#moments").textContent);
	const day = new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
	const count = new Intl.NumberFormat(document.documentElement.lang);
	const say = () => {
		const position = Number(slider.value);
		const text = said.dataset.at.replace("%s", count.format(position));
		said.value = slider.value === slider.max ? said.dataset.now : `${text} · ≈ ${day.format(at(moments, position))}`;
		slider.setAttribute("aria-valuetext", said.value);
	};
	slider.addEventListener("input", say);
	say();
}

// at is about when the event at a position occurred: between the moments that are known.
function at(moments, position) {
	const next = moments.findIndex((m) => m.position >= position);
	if (next <= 0) return new Date(moments.at(next).occurred_at);
	const a = moments[next - 1], b = moments[next];
	const part = (position - a.position) / (b.position - a.position);
	const from = Date.parse(a.occurred_at), to = Date.parse(b.occurred_at);
	return new Date(from + part * (to - from));
}
