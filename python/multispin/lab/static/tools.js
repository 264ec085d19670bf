// Notices, copying, and saving.

const SHOWN_FOR = 7000; // ms

export function notice(text, bad = false) {
  const area = document.querySelector(".notices");
  const element = document.createElement("div");
  element.className = bad ? "notice bad" : "notice";
  const line = document.createElement("span");
  line.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", "Close");
  close.addEventListener("click", () => element.remove());
  element.append(line, close);
  while (area.children.length >= 3) area.firstChild.remove();
  area.append(element);
  setTimeout(() => element.remove(), SHOWN_FOR);
}

// To the clipboard, or where there is none (pages of other machines), into a box to copy from.
export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    notice(done);
  } catch {
    const dialog = document.querySelector("dialog.text");
    const area = dialog.querySelector("textarea");
    area.value = text;
    dialog.showModal();
    area.select();
  }
}

export function saveBlob(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// All canvases with data-picture, side by side at the height of the tallest, as a PNG.
export async function pictureOf(element) {
  const canvases = [...element.querySelectorAll("canvas[data-picture]")];
  if (canvases.length === 0) {
    notice("there is no picture here", true);
    return null;
  }
  const least = 512; // pixels: small pictures get larger ones
  const height = Math.max(least, ...canvases.map((canvas) => canvas.height));
  const gap = 16;
  const widths = canvases.map((canvas) => Math.round((canvas.width * height) / canvas.height));
  const whole = document.createElement("canvas");
  whole.height = height;
  whole.width = widths.reduce((sum, width) => sum + width, gap * (widths.length - 1));
  const context = whole.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, whole.width, whole.height);
  let left = 0;
  canvases.forEach((canvas, i) => {
    context.drawImage(canvas, left, 0, widths[i], height);
    left += widths[i] + gap;
  });
  return new Promise((resolve) => whole.toBlob(resolve, "image/png"));
}
