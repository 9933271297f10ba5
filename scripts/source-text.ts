/** Reads TypeScript just well enough for the checks: where comments and strings are, and what is imported. */

export interface SourceText {
  /** Comments replaced by spaces; every offset stays. */
  readonly code: string;
  /** The insides of strings and regular expressions replaced too. */
  readonly bare: string;
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const QUOTED = /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y;
const TEMPLATE_CHUNK = /(?:\\[\s\S]|\$(?!\{)|[^\\`$])*(?:`|\$\{|$)/y;
const REGEXP = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const BEFORE_REGEXP = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|await|yield))\s*$/;

const STATIC_IMPORT = /\b(?:import|export)\s+(?:type\s+)?[\w$*\s{},]*?\bfrom\s*(['"])(.*?)\1/g;
const BARE_IMPORT = /\bimport\s*(['"])(.*?)\1/g;
const DYNAMIC_IMPORT = /\bimport\(\s*(['"`])(.*?)\1/g;

export function parseSource(text: string): SourceText {
  const code = text.split('');
  const bare = text.split('');
  /** Per open template literal: how many braces are open inside its current `${}`. */
  const templates: number[] = [];
  let at = 0;

  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? null;
  };
  const skip = (length: number, blank: string[][]): void => {
    for (let i = at; i < at + length; i++) if (text[i] !== '\n') for (const chars of blank) chars[i] = ' ';
    at += length;
  };
  const skipTemplateChunk = (): void => {
    const chunk = match(TEMPLATE_CHUNK) ?? '';
    const opensExpression = chunk.endsWith('${');
    skip(chunk.length - (opensExpression ? 2 : 1), [bare]);
    at += opensExpression ? 2 : 1;
    if (opensExpression) templates.push(0);
  };

  while (at < text.length) {
    const comment = match(COMMENT);
    const literal = comment === null ? (match(QUOTED) ?? (isRegexpHere(text, at) ? match(REGEXP) : null)) : null;
    const open = templates.at(-1);
    const char = text[at];
    if (comment !== null) {
      skip(comment.length, [code, bare]);
    } else if (literal !== null) {
      at++;
      skip(literal.length - 2, [bare]);
      at++;
    } else if (char === '`') {
      at++;
      skipTemplateChunk();
    } else if (char === '}' && open === 0) {
      at++;
      templates.pop();
      skipTemplateChunk();
    } else {
      if (open !== undefined && char === '{') templates[templates.length - 1] = open + 1;
      if (open !== undefined && char === '}') templates[templates.length - 1] = open - 1;
      at++;
    }
  }
  return { code: code.join(''), bare: bare.join('') };
}

export function parseImports(source: SourceText): Import[] {
  const found: Import[] = [];
  for (const pattern of [STATIC_IMPORT, BARE_IMPORT, DYNAMIC_IMPORT]) {
    for (const match of source.code.matchAll(pattern)) {
      // In `bare` the inside of a string is blank, so that an import quoted there is not taken for one.
      if (match[2] !== undefined && source.bare.startsWith(match[0].slice(0, 6), match.index)) {
        found.push({ specifier: match[2], line: lineAt(source.code, match.index) });
      }
    }
  }
  return found.sort((a, b) => a.line - b.line);
}

/** 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

function isRegexpHere(text: string, at: number): boolean {
  return text[at] === '/' && BEFORE_REGEXP.test(text.slice(Math.max(0, at - 80), at));
}
