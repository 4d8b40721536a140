/** Plain fetch knows the services of the catalog that BYNAME_CONFIG names. */
export { register } from "@byname/next";
