import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { prettyXml } from "../../src/events/pretty-xml.js";

describe("pretty XML", () => {
  it.each<[string, string]>([
    ["<a/>", "<a/>"],
    ["<a><b>1</b><c x='<'/></a>", ""],
    ["<a><b>1</b><c x='>'/><d></d></a>", "<a>\n  <b>1</b>\n  <c x='>'/>\n  <d></d>\n</a>"],
    ["<a>\n\n   <b>\n<c/></b>  </a>\n", "<a>\n  <b>\n    <c/>\n  </b>\n</a>"],
    ["<p>mixed <b>text</b> and <i>space</i> </p>", "<p>mixed <b>text</b> and <i>space</i> </p>"],
    ["<a><p> x <q><r/></q></p><s/></a>", "<a>\n  <p> x <q><r/></q></p>\n  <s/>\n</a>"],
    ['<a xml:space="preserve"> <b/> </a>', '<a xml:space="preserve"> <b/> </a>'],
    [
      '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e "&x;&x;">]><a><!-- <b> --><b>&e;</b><c><![CDATA[<d>]]></c></a>',
      '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY e "&x;&x;">]>\n<a>\n  <!-- <b> -->\n  <b>&e;</b>\n  <c><![CDATA[<d>]]></c>\n</a>',
    ],
    [
      "<s:Envelope xmlns:s='u'><s:Body a = '1'\n b=\"2\"/></s:Envelope>",
      "<s:Envelope xmlns:s='u'>\n  <s:Body a = '1'\n b=\"2\"/>\n</s:Envelope>",
    ],
  ])("%j", (text, expected) => {
    expect(prettyXml(text)).toBe(expected === "" ? undefined : expected);
  });

  it.each([
    "",
    "x",
    "<a>",
    "</a>",
    "<a></b>",
    "<a/><b/>",
    "<a><b></a></b>",
    "<a b></a>",
    "<a b=c/>",
    "<!-- ",
    "<![CDATA[x]]>",
    "<a/>x",
    "<?x",
    "<!DOCTYPE a [",
    "<!DOCTYPE a []",
    "< a/>",
    "<a/",
    "<a><!DOCTYPE",
  ])("leaves what is not well-formed: %j", (text) => {
    expect(prettyXml(text)).toBeUndefined();
  });

  it("changes nothing but space between elements", () => {
    const { xml } = fc.letrec<{ xml: string; children: string }>((tie) => ({
      xml: fc
        .tuple(fc.constantFrom("a", "b:c", "ü"), fc.constantFrom("", " x='1'", ' y=">"'), tie("children"))
        .map(([name, attributes, children]) =>
          children === "/" ? `<${name}${attributes}/>` : `<${name}${attributes}>${children}</${name}>`,
        ),
      children: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom("/", "", "text", "&amp;", "<![CDATA[ ]]>", "<!--c-->"),
        fc.array(tie("xml"), { maxLength: 4 }).map((all) => all.join("")),
        fc.tuple(fc.constant("t "), tie("xml")).map((all) => all.join("")),
      ),
    }));
    fc.assert(
      fc.property(xml, (text) => {
        const pretty = prettyXml(text);
        expect(pretty?.replaceAll(/>\n *</g, "><")).toBe(text);
        expect(prettyXml(pretty ?? "")).toBe(pretty);
      }),
    );
  });

  it("takes 100,000 levels, half a million attributes, and a document that never ends, without growing or waiting", () => {
    const deep = "<a>".repeat(100_000) + "</a>".repeat(100_000);
    const wide = `<a ${'b="1" '.repeat(500_000)}/>`;
    const hostile = [
      "<a " + " ".repeat(1_000_000),
      `<a b="${"x".repeat(1_000_000)}`,
      "<!DOCTYPE>".repeat(200_000),
      "<a b='1'".repeat(100_000),
      "<!--".repeat(250_000),
    ];

    const started = performance.now();
    const pretty = prettyXml(deep) ?? "";
    const flat = prettyXml(wide);
    const refused = hostile.map(prettyXml);

    expect(pretty.replaceAll(/\s/g, "")).toBe(deep);
    expect(pretty.length).toBeLessThan(deep.length + 20_000);
    expect(flat).toBe(wide);
    expect(prettyXml(`<a>${"<b/>".repeat(2 ** 20)}</a>`)).toBeUndefined();
    expect(refused).toEqual(hostile.map(() => undefined));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
