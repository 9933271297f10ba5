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

/** The characters that the API allows in the name of a channel; each is one byte. */
const CHANNEL_NAME = /^[\w !#$%&()+\-:;<=.>?@[\]^{}|~,]{1,63}$/;

export function isChannelName(text: string): boolean {
  return CHANNEL_NAME.test(text);
}

/** Of the characters that names of channels have, those that would break a playlist line or a URL. */
const BREAKING = /[\s#%?&<>[\]{}|^/\\"'`\p{Cc}]/gu;

/** The same for a recording of a channel: `<sid>_<cname>`, where the name stays what it is as far as it can. */
export function channelFileStem(sid: string, cname: string): string {
  return `${sid}_${cname.replace(BREAKING, '-')}`;
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
