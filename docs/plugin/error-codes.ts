import { Comment, type Context, type DeclarationReflection, LiteralType, ReflectionKind } from "typedoc";

/**
 * ErrorCodes: the code of an error stands in its constructor, where TypeDoc does not look. Here it becomes the type of
 * the field `code`, and the page begins with a table of all of them.
 */
export function errorCodes(context: Context, page: DeclarationReflection): void {
  const errors = (page.children ?? []).filter(({ kind }) => kind === ReflectionKind.Class);
  const rows = errors.flatMap((error) => {
    const code = codeOf(context, error);
    if (code) tellCode(error, code);
    for (const child of [...(error.children ?? [])])
      if (isMachinery(child)) error.project.removeReflection(child);
    return code ? [rowOf(error, code)] : [];
  });
  const head = ["| Code | Error | What it means | What to do |", "| ------ | ------ | ------ | ------ |"];
  page.comment!.summary.push({ kind: "text", text: `\n\n${[...head, ...rows].join("\n")}` });
}

function codeOf(context: Context, error: DeclarationReflection): string | undefined {
  const [declaration] = context.getSymbolFromReflection(error)?.declarations ?? [];
  return /"(BYNAME_\w+)"/.exec(declaration?.getText() ?? "")?.[1];
}

function tellCode(error: DeclarationReflection, code: string): void {
  const field = error.getChildByName("code") as DeclarationReflection;
  field.type = new LiteralType(code);
  delete field.inheritedFrom;
}

/** The first paragraph of an error's docstring tells what it means, the second one what to do. */
function rowOf(error: DeclarationReflection, code: string): string {
  const told = Comment.combineDisplayParts(error.comment?.summary).split("\n\n");
  const [meaning = "", remedy = ""] = told.map((paragraph) => paragraph.replaceAll("\n", " "));
  return `| \`${code}\` | [${error.name}](#${error.name.toLowerCase()}) | ${meaning} | ${remedy} |`;
}

/** Only byname makes errors, and `instanceof` tells their kind. */
function isMachinery({ kind, name }: DeclarationReflection): boolean {
  return kind === ReflectionKind.Constructor || name === "kind" || name === "[hasInstance]";
}
