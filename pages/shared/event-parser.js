// @ts-check

/** @typedef {{ readonly name: string, readonly data: string }} ServerEvent */

/** Server-sent events out of the text of a stream, as the service writes them: one line of data each, lines end with a line feed. */
export class EventParser {
  #rest = '';

  /**
   * @param {string} text the next part, cut anywhere
   * @returns {ServerEvent[]} those that are complete by now
   */
  push(text) {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.map(parse).filter(({ name }) => name !== '');
  }
}

/**
 * @param {string} block
 * @returns {ServerEvent} without a name when it was a comment
 */
function parse(block) {
  /** @type {Map<string, string>} */
  const fields = new Map();
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
    fields.set(name, value);
  }
  return { name: fields.get('event') ?? '', data: fields.get('data') ?? '' };
}
