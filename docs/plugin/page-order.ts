import type { DeclarationReflection } from "typedoc";

/** PageOrder: a page tells things as its file in `pages` names them; what has no name there follows the first. */
export function inPageOrder(page: DeclarationReflection, text: string): void {
  const [group] = page.groups ?? [];
  if (!group) return;
  const place = ({ name }: DeclarationReflection) => {
    const found = text.search(new RegExp(`\\b${name}\\b[,} ]`));
    return found < 0 ? text.indexOf(",") : found;
  };
  group.children = (page.children ?? []).toSorted((a, b) => place(a) - place(b));
  page.groups = [group];
}
