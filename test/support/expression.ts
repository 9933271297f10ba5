/** Values of ffmpeg's expressions, as far as the encoder's arguments use them. */
const FUNCTIONS = {
  lt: (a: number, b: number) => Number(a < b),
  gte: (a: number, b: number) => Number(a >= b),
  mod: (a: number, b: number) => a % b,
  isnan: (a: number) => Number(Number.isNaN(a)),
  when: (condition: number, yes: number, no: number) => (condition ? yes : no),
};

/** A function of the expression's variables. @throws SyntaxError when it is not one, ReferenceError for an unknown name. */
export function expression(text: string): (variables: Readonly<Record<string, number>>) => number {
  const body = `return ${text.replaceAll('if(', 'when(')};`;
  return (variables) => {
    const names = { ...FUNCTIONS, ...variables };
    const evaluate = new Function(...Object.keys(names), body);
    return Number(evaluate(...Object.values(names)));
  };
}
