const LABEL_BYTES = 128;

/** Characters that the API replaces in names of mode web, and those that would break a path or a playlist line. */
const REPLACED = /[!@#$%^&*()+_.=[\]{}~|,;:?<>\s/\\"'`\p{Cc}]/gu;

/**
 * Start of every file name of a recording: `<sid>_<cname>`, with at most the first 128 bytes (UTF-8, whole characters)
 * of cname and `-` in place of each character that cannot stand in a name.
 */
export function fileStem(sid: string, cname: string): string {
  return `${sid}_${firstBytes(cname.toWellFormed(), LABEL_BYTES).replace(REPLACED, '-')}`;
}

function firstBytes(text: string, limit: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > limit) break;
    end += character.length;
  }
  return text.slice(0, end);
}
