"""Search without Solr, the pure half: what a query means, what a document says, and how hits are counted.

A query passes these modules in order; none of them knows SQL or CKAN::

    params     what the caller asks for: refuses what is not supported
    lucene     query text in Lucene's syntax → syntax tree        dismax    plain words → syntax tree
    plan       syntax tree + schema → plan: leaves joined by Lucene's clause rules
    evaluate   plan + snapshot + what the database matched → hits, scores, facets, one page

A document passes ``document``, with the analysis of ``analysis`` and the fields of ``schema``. The adapter
``ckanext.haugiang.adapters.search`` keeps documents in PostgreSQL and answers the leaves that need text.
"""
