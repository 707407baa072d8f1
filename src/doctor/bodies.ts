/**
 * The body of a probe: JSON that every parser takes and no serialiser writes like this, so that an app which signs what it
 * has parsed, and not what came, is found out. The type is nobody's event.
 */
export function oddBody(id: string): string {
  return (
    `{ "type" : "hookcli.probe",\n\t"id":"${id}" ,"data":{"text":"caf\\u00e9 \\/ na\u00efve \\u2603", "price": 1.0,` +
    ` "tiny":1E-2, "list":[ 1,2 , 3 ]},\r\n  "z":true, "a":null }`
  );
}

/** A way in which an app may write JSON again, and the same probe in that spelling. */
export interface Spelling {
  /** Who writes so. */
  readonly by: string;
  readonly text: string;
}

/** The probe as serialisers write it. Numbers are such that JavaScript's and Python's agree. */
export function usualBodies(id: string): readonly Spelling[] {
  return [
    {
      by: "JSON.stringify",
      text: JSON.stringify({ type: "hookcli.probe", id, data: { text: "hello", price: 1, list: [1, 2, 3] }, z: true }),
    },
    {
      by: "json.dumps",
      text: `{"type": "hookcli.probe", "id": "${id}", "data": {"text": "hello", "price": 1, "list": [1, 2, 3]}, "z": true}`,
    },
  ];
}
