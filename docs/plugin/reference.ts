import {
  type Application,
  type Context,
  Converter,
  type DeclarationReflection,
  type ProjectReflection,
  ReflectionKind,
} from "typedoc";
import { errorCodes } from "./error-codes.ts";
import { eventSections } from "./event-sections.ts";
import { toMethod } from "./methods.ts";
import { inPageOrder } from "./page-order.ts";

/** Reference: what TypeDoc is told beyond its options, so that each page reads as one text. */
export function load({ converter }: Application): void {
  converter.on(Converter.EVENT_RESOLVE_BEGIN, (context: Context) => {
    const { project } = context;
    eventSections(context, project.getChildByName(["events", "BynameEvents"]) as DeclarationReflection);
    for (const { children = [] } of all(project, ReflectionKind.Interface)) children.forEach(toMethod);
  });
  const { beforeGroups, behindGroups } = priorities;
  converter.on(Converter.EVENT_RESOLVE_END, shorten, beforeGroups);
  converter.on(Converter.EVENT_RESOLVE_END, order, behindGroups);
}

/** TypeDoc sorts members into groups at -100 and into categories at -200. */
const priorities = { beforeGroups: -50, behindGroups: -250 };

/** What is inherited is told where it comes from, to which there is a link. */
function shorten(context: Context): void {
  const { project } = context;
  errorCodes(context, project.getChildByName("errors") as DeclarationReflection);
  for (const { children = [] } of all(project, ReflectionKind.ClassOrInterface))
    for (const child of [...children]) if (child.inheritedFrom) project.removeReflection(child);
}

function order(context: Context): void {
  for (const page of all(context.project, ReflectionKind.Module)) {
    const [file] = context.getSymbolFromReflection(page)?.declarations ?? [];
    inPageOrder(page, file?.getText() ?? "");
  }
}

function all(project: ProjectReflection, kind: ReflectionKind): DeclarationReflection[] {
  return project.getReflectionsByKind(kind) as DeclarationReflection[];
}
