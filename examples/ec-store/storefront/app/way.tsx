/** Way: how an address was found, in words and in its colour. */
export function Way({ way }: { way: string }) {
  return <span className={`way ${kindOf(way)}`}>{titleOf(way)}</span>;
}

/** What stands for a way in a class: "kept" for every answer past its lifetime. */
export function kindOf(way: string): string {
  return way.endsWith(", kept") ? "kept" : way === "" ? "quiet" : way;
}

export const titles: Readonly<Record<string, string>> = {
  serviceConnect: "Service Connect",
  dns: "DNS",
  cloudMap: "Cloud Map API",
  fixed: "fixed",
  kept: "kept",
  none: "no answer",
  quiet: "no calls",
};

export function titleOf(way: string): string {
  const [source = "", kept] = way.split(", ");
  const title = titles[kindOf(source)] ?? source;
  return kept ? `${title}, kept` : title;
}
