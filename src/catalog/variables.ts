/** Names and values that `{{name}}` stands for in texts, files, scripts and checks of one session. */
export type Variables = Readonly<Record<string, string>>;

/** Who works in which session. */
export interface VariablesOf {
  readonly sessionId: string;
  readonly email: string;
}

/** The variables of a session; every lab may use them. */
export function labVariables({ sessionId, email }: VariablesOf): Variables {
  return {
    'session.id': sessionId,
    'session.email': email,
    registry: 'registry.lab',
    issuer: 'https://oidc.lab',
  };
}

const placeholder = /\{\{\s*([a-z][a-z0-9._]*)\s*\}\}/g;

/** Puts values in the place of `{{name}}`. A name that is not known throws, since a silent gap would grade wrongly. */
export function resolveVariables(text: string, variables: Variables): string {
  return text.replace(placeholder, (_whole, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`There is no variable {{${name}}}; known are ${Object.keys(variables).join(', ')}.`);
    return value;
  });
}

/** Names of the variables that a text uses. */
export function variablesIn(text: string): string[] {
  return [...new Set([...text.matchAll(placeholder)].map((match) => match[1] ?? ''))];
}
