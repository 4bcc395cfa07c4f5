/** The words at the axis of a plot, as things to press. */

/** Call `action(word)` when a word at an axis ("x" or "y") is pressed. */
export function pressTicks(plot, letter, action) {
  plot.classList.add(`press-${letter}`);
  plot.addEventListener("click", ({ target }) => {
    const word = target.closest?.(`.${letter}tick text`)?.dataset.unformatted;
    if (word) action(word);
  });
}
