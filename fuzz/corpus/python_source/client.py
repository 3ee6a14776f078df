from openai import OpenAI, AsyncOpenAI as A
import aegis

client = OpenAI(api_key="k")
aegis.auto_instrument(frameworks=["openai"])
print(client.chat.completions.create(model="gpt-4o", messages=[]))  # aegis: ignore[AEG101] later until=2027-01-31


class Bot:
    def __init__(self, c: A = None):
        self.c, self.d = c or A(), {"x": client}

    async def ask(self, *a, **k):
        return await self.c.responses.create(input=f"{a[0]!r:>{k}}")


if __name__ == "__main__":
    with client as y, Bot() as z:
        getattr(y, "embeddings").create(input="")
