package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.GraphEquality;
import dev.engram.ir.Value;
import dev.engram.ir.Verifier;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Random programs are sound, and print to text that reads back as the same program. */
class TextProperties {
  private final GraphSource source = new RandomGraphs();

  @Property(tries = 300, seed = "2026")
  void printsAndParsesBack(@ForAll Random random) {
    Graph g = source.graph(random);
    String text = Printer.print(g);
    Graph back = Parser.parse(text);
    assertEquals(Optional.empty(), GraphEquality.difference(g, back), text);
    assertEquals(text, Printer.print(back));
    assertEquals(List.of(), Verifier.findings(g), text);
    assertEquals(GraphKey.of(g), GraphKey.of(back));
  }

  /** The control: after one planted change the comparison must differ, and the text with it. */
  @Property(tries = 300, seed = "2026")
  void aPlantedChangeIsSeen(@ForAll Random random) {
    Graph g = source.graph(random);
    List<Value> outs = new ArrayList<>(g.outs());
    Graph changed;
    if (random.nextBoolean() && !outs.isEmpty()) {
      outs.addFirst(outs.getFirst());
      changed = new Graph(g.name(), g.params(), g.eqns(), outs);
    } else {
      List<Eqn> eqns = new ArrayList<>(g.eqns());
      if (eqns.isEmpty()) {
        return;
      }
      eqns.remove(random.nextInt(eqns.size()));
      changed = new Graph(g.name(), g.params(), eqns, g.outs());
    }
    assertFalse(GraphEquality.equal(g, changed));
    assertFalse(Printer.print(g).equals(Printer.print(changed)));
  }
}
