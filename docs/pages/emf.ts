/**
 * Metrics for CloudWatch, without a collector.
 * @module @byname/lambda/emf
 */
export * from "../../packages/lambda/src/emf.ts";
