import { type NextRequest, NextResponse } from "next/server";

/** Proxy: asks a service who the visitor is, before a page is rendered. */
export async function proxy(request: NextRequest) {
  const id = request.cookies.get("user")?.value ?? "ada";
  const response = await fetch(`http://users/users/${encodeURIComponent(id)}`);
  if (!response.ok) return new NextResponse(`no user "${id}"`, { status: 401 });
  const { name } = await response.json();
  const headers = new Headers(request.headers);
  // A header has no other letters than those of Latin-1.
  headers.set("x-visitor", encodeURIComponent(name));
  return NextResponse.next({ request: { headers } });
}

export const config = { matcher: "/" };
