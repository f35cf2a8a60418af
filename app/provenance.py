"""What an exported file says about itself: IPTC's digital source type, the program, the generator, the seed.

Pictures carry it as an XMP packet, videos as XMP or as the container's own tags.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from xml.sax.saxutils import quoteattr

from app.session.edits import Origin, StartFromSeed
from app.version import program_version
from gan.generator import Generator

MOST_SOURCES = 100  # that a movie names: somebody may leaf through seeds for an hour
DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@dataclass(frozen=True)
class PictureProvenance:
    """generator_sha256: of the model file's content. seed and psi: None where no seed was the start."""

    generator_name: str
    generator_sha256: str
    seed: int | None = None
    truncation_psi: float | None = None

    @staticmethod
    def of(generator: Generator, start: Origin) -> PictureProvenance:
        """The provenance of pictures of `generator` that began with `start`."""
        seed, psi = (start.seed, start.truncation_psi) if isinstance(start, StartFromSeed) else (None, None)
        return PictureProvenance(generator.provenance.name, generator.provenance.sha256, seed, psi)

    def fields(self) -> dict[str, str]:
        """Everything that is known, by name; the same names in every container."""
        fields = {"Generator": self.generator_name, "GeneratorSha256": self.generator_sha256}
        if self.seed is not None:
            fields["Seed"] = str(self.seed)
        if self.truncation_psi is not None:
            fields["TruncationPsi"] = f"{self.truncation_psi:g}"
        return fields

    def line(self) -> str:
        """The same for a person."""
        line = f"generator {self.generator_name}, sha256 {self.generator_sha256}"
        line += f", seed {self.seed}" if self.seed is not None else ""
        return line + (f", psi {self.truncation_psi:g}" if self.truncation_psi is not None else "")


@dataclass(frozen=True)
class MovieProvenance:
    """Of frames that come from one picture after another. first, last: what the movie begins and ends with.
    sources: each once, in the order in which they were first shown; others_count: those that are too many to
    be named."""

    first: PictureProvenance
    last: PictureProvenance
    sources: tuple[PictureProvenance, ...]
    others_count: int = 0

    @staticmethod
    def of(source: PictureProvenance) -> MovieProvenance:
        """A movie that begins."""
        return MovieProvenance(source, source, (source,))

    def then(self, source: PictureProvenance) -> MovieProvenance:
        """The movie goes on with that."""
        if source == self.last:
            return self
        if source in self.sources:
            return replace(self, last=source)
        if len(self.sources) == MOST_SOURCES:
            return replace(self, last=source, others_count=self.others_count + 1)
        return replace(self, last=source, sources=(*self.sources, source))

    def fields(self) -> dict[str, str]:
        """Those of the first picture under their usual names; where others followed, those of the last under
        the same names with 'End' before them, and a line about all of them."""
        fields = self.first.fields()
        if len(self.sources) == 1 and not self.others_count:
            return fields
        fields |= {f"End{name}": value for name, value in self.last.fields().items()}
        others = f"; and {self.others_count} more" if self.others_count else ""
        return fields | {"Sources": "; ".join(source.line() for source in self.sources) + others}

    def line(self) -> str:
        """The same for a person."""
        line = self.first.line()
        return line if len(self.sources) == 1 else f"{line}; at the end: {self.last.line()}"


def creator_tool() -> str:
    """The program's name and version."""
    return f"LiveDrag {program_version()}"


def xmp_packet(provenance: PictureProvenance | MovieProvenance) -> str:
    """The XMP text: IPTC DigitalSourceType, the program, and the generator with seed and psi."""
    fields = {"Iptc4xmpExt:DigitalSourceType": DIGITAL_SOURCE_TYPE, "xmp:CreatorTool": creator_tool()}
    fields |= {f"livedrag:{name}": value for name, value in provenance.fields().items()}
    attributes = "\n   ".join(f"{name}={quoteattr(value)}" for name, value in fields.items())
    return f"""<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
   xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
   xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   xmlns:livedrag="urn:livedrag:provenance:1"
   {attributes}/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def container_tags(provenance: PictureProvenance | MovieProvenance) -> dict[str, str]:
    """The same as tags of a video's container: a line for people, and single ones where names are free."""
    about = f"AI-generated (trainedAlgorithmicMedia) with {creator_tool()}; {provenance.line()}"
    own = {f"LIVEDRAG_{name.upper()}": value for name, value in provenance.fields().items()}
    return {"comment": about, "DIGITAL_SOURCE_TYPE": DIGITAL_SOURCE_TYPE, **own}
