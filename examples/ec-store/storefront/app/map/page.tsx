import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { connection } from "next/server";
import { hasControl } from "../control.ts";
import "./map.css";
import { StoreMap } from "./map.tsx";

export const metadata: Metadata = { title: "The store's map" };

export default async function Page() {
  // Whether there is a map is not known when the app is built.
  await connection();
  if (!hasControl()) notFound();
  return (
    <>
      <header>
        <p className="name">The store</p>
        <nav aria-label="Pages">
          <Link href="/">Shop</Link>
          <Link href="/map" aria-current="page">
            The map
          </Link>
        </nav>
      </header>
      <main className="map">
        <h1>Who calls whom, and by which way</h1>
        <StoreMap />
      </main>
    </>
  );
}
