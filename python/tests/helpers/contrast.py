"""How well the texts of a page stand out from what is behind them, as WCAG 2 measures it."""

from playwright.sync_api import Page

#: What AA asks for: of texts, and of large ones.
TEXT, LARGE = 4.5, 3.0
_MEASURE = """([normal, large]) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((part, at) => part * a + below[at] * (1 - a));
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, behind(element.parentElement));
  };
  const light = (colour) => {
    const parts = colour.map((part) => part / 255);
    const linear = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = {};
  let measured = 0;
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const words = texts.currentNode.textContent.trim();
    if (!words || !element.checkVisibility() || element.closest(":disabled, noscript, script")) continue;
    const style = getComputedStyle(element);
    const back = behind(element);
    const size = parseFloat(style.fontSize);
    const found = contrast(over(rgba(style.color), back), back);
    measured += 1;
    const asked = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? large : normal;
    const name = `${element.tagName.toLowerCase()}.${element.className}: ${words.slice(0, 40)}`;
    if (found < asked) faint[name] = found.toFixed(2);
  }
  return { measured, faint };
}"""


def faint_texts(page: Page) -> tuple[int, dict[str, str]]:
    """How many texts were measured, and the contrast of those that stand out too little."""
    told = page.evaluate(_MEASURE, [TEXT, LARGE])
    return told["measured"], told["faint"]
