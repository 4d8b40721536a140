import { type DeclarationReflection, ReflectionFlag, ReflectionKind } from "typedoc";

/**
 * Methods: fields of an interface that are functions get a section of their own, as methods have, in which their
 * parameters, what they return and what they throw find room.
 */
export function toMethod(field: DeclarationReflection): void {
  if (field.type?.type !== "reflection" || !field.type.declaration.signatures) return;
  field.signatures = field.type.declaration.signatures;
  for (const signature of field.signatures) {
    signature.name = field.name;
    signature.parent = field;
    if (field.comment) signature.comment = field.comment.clone();
  }
  field.kind = ReflectionKind.Method;
  field.setFlag(ReflectionFlag.Readonly, false);
  delete field.comment;
  delete field.type;
}
