import type { Method, Route } from './route.ts';

/** Longer segments than any id or file name of ours. */
const maxSegmentLength = 512;

/** The outcome of looking up a path: a route with its parameters, or the methods that the path takes (none: no such path). */
export type Match = { readonly route: Route; readonly parameters: Record<string, string> } | { readonly allowed: readonly Method[] };

/** Looks a request up in the table. */
export function matchRoute(routes: readonly Route[], method: string, pathname: string): Match {
  const segments = decodeSegments(pathname);
  if (segments === undefined) return { allowed: [] };
  const allowed: Method[] = [];
  for (const route of routes) {
    const parameters = matchPath(route.path, segments);
    if (parameters === undefined) continue;
    if (route.method === method || (route.method === 'GET' && method === 'HEAD')) return { route, parameters };
    allowed.push(route.method);
  }
  return { allowed };
}

function matchPath(pattern: string, segments: readonly string[]): Record<string, string> | undefined {
  const expected = pattern.split('/').slice(1);
  const parameters: Record<string, string> = {};
  for (const [index, part] of expected.entries()) {
    if (part.startsWith('*')) return { ...parameters, [part.slice(1)]: segments.slice(index).join('/') };
    const segment = segments[index];
    if (segment === undefined) return undefined;
    if (part.startsWith(':') && segment !== '') parameters[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return segments.length === expected.length ? parameters : undefined;
}

function decodeSegments(pathname: string): string[] | undefined {
  try {
    const segments = pathname.split('/').slice(1).map(decodeURIComponent);
    return segments.some((segment) => segment.length > maxSegmentLength || segment.includes('\0')) ? undefined : segments;
  } catch {
    return undefined;
  }
}
