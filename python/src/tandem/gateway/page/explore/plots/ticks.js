/** The words at the axis of a plot, as things to press. */

/** Call `action(word)` when one of the words at an axis ("x" or "y") is pressed. */
export function pressTicks(plot, letter, words, action) {
  plot.classList.add(`press-${letter}`);
  plot.addEventListener("click", ({ target }) => {
    const shown = target.closest?.(`.${letter}tick text`)?.textContent;
    if (words.includes(shown)) action(shown);
  });
}
