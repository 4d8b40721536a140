import { type Context, DeclarationReflection, ReferenceType, ReflectionKind, type SomeType } from "typedoc";

/**
 * EventSections: one interface holds all events, as that is what listeners need; readers need a section for each, with
 * a table of its fields, and a link where one event is a field of another.
 */
export function eventSections(context: Context, events: DeclarationReflection): void {
  const told = [...(events.children ?? [])];
  const sections = new Map(told.map((event) => [event.name, sectionFor(event)]));
  for (const { name, type } of told) {
    const section = sections.get(name)!;
    for (const part of partsOf(type!)) {
      if (part.type === "reference") section.extendedTypes = [part];
      if (part.type === "reflection") moveFields(part.declaration, section);
    }
    for (const field of section.children ?? []) {
      const event = sections.get(eventOf(context, field) ?? "");
      if (event) field.type = ReferenceType.createResolvedReference(event.name, event, event.project);
    }
  }
  for (const event of told) events.project.removeReflection(event);
}

function sectionFor(event: DeclarationReflection): DeclarationReflection {
  const page = event.parent!.parent as DeclarationReflection;
  const section = new DeclarationReflection(event.name, ReflectionKind.Interface, page);
  section.comment = event.comment!;
  page.addChild(section);
  event.project.registerReflection(section, undefined, undefined);
  return section;
}

function partsOf(type: SomeType): readonly SomeType[] {
  return type.type === "intersection" ? type.types : [type];
}

function moveFields(from: DeclarationReflection, section: DeclarationReflection): void {
  for (const field of [...(from.children ?? [])]) {
    from.removeChild(field);
    field.parent = section;
    section.addChild(field);
  }
}

/** TypeDoc has looked through the name of a field's type by now; the source has not. */
function eventOf(context: Context, field: DeclarationReflection): string | undefined {
  const [declaration] = context.getSymbolFromReflection(field)?.declarations ?? [];
  return /BynameEvents\["(.+)"\]/.exec(declaration?.getText() ?? "")?.[1];
}
